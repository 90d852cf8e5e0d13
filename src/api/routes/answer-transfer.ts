import type { FastifyReply } from 'fastify';
import type { TransferAnswer } from '../../intake/requests.js';
import type { TransferView } from '../../routing/views.js';
import { ProblemError, refused } from '../problem.js';
import { assetOfRejection, renderTransfer, transferProblem } from '../render/transfers.js';

/** Whether a command that asked for this transfer got what it asked for. */
export const isDone = ({ status }: TransferView): boolean => status === 'posted' || status === 'held';

/**
 * The answer to a command that makes a transfer. `legs`: of the request, or of the earlier transfer that it is about,
 * to say in which asset a refusal's amounts are.
 */
export function answerTransfer(
  reply: FastifyReply,
  answer: TransferAnswer,
  legs: TransferView['legs'],
): FastifyReply {
  if (answer.kind === 'refused') {
    throw refused(answer.rejection, assetOfRejection(answer.rejection, legs));
  }
  const { transfer, replayed } = answer;
  if (replayed) reply.header('idempotent-replayed', 'true');
  reply.header('location', `/v1/transfers/${transfer.id}`);
  if (answer.kind === 'processing') {
    return reply.code(202).header('retry-after', retryAfter(transfer)).send(renderTransfer(transfer));
  }
  if (!isDone(transfer)) throw new ProblemError(transferProblem(transfer), {}, true);
  return reply.code(201).send(renderTransfer(transfer));
}

/** What is scheduled can not have ended before its time, and a person takes longer than a saga. */
function retryAfter({ status, scheduled }: TransferView): string {
  if (status === 'scheduled' && scheduled !== undefined) return new Date(scheduled.for).toUTCString();
  return status === 'review' ? '60' : '1';
}
