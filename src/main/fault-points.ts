/** Places right before and after a commit or a send where a test can make a node die. */
export const FAULT_POINTS = [
  'before-claim',
  'before-post',
  'before-try',
  'before-pivot',
  'before-confirm',
  'before-cancel',
  'before-capture',
  'before-reverse',
  'before-void',
  'before-expire',
  'before-schedule',
  'before-fire',
  'before-skip',
  'before-unschedule',
  'after-claim',
  'after-post',
  'after-try',
  'after-pivot',
  'after-confirm',
  'after-cancel',
  'after-capture',
  'after-reverse',
  'after-void',
  'after-expire',
  'after-schedule',
  'after-fire',
  'after-skip',
  'after-unschedule',
  'after-relay-send',
  'after-relay-commit',
] as const;

/**
 * Arms the fault points named in `spec` (`after-try` or `after-try:3` for the third time, comma-separated): the process
 * kills itself there, as a crash would, with nothing flushed and nobody told. Empty: none does anything.
 */
export function armFaultPoints(spec: string): (name: string) => void {
  const left = new Map<string, number>();
  for (const part of spec.split(',').filter((text) => text !== '')) {
    const [name = '', times = '1'] = part.split(':');
    if (!(FAULT_POINTS as readonly string[]).includes(name)) {
      throw new RangeError(`there is no fault point "${name}"; there are ${FAULT_POINTS.join(', ')}`);
    }
    left.set(name, Number(times));
  }
  return (name) => {
    const times = left.get(name);
    if (times === undefined) return;
    left.set(name, times - 1);
    if (times === 1) process.kill(process.pid, 'SIGKILL');
  };
}
