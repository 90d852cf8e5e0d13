export interface KafkaPorts {
  readonly broker: number;
  readonly controller: number;
}

/**
 * server.properties of one node, each of which is broker and controller; paths are relative to its working folder, so that
 * none needs escaping. `index`: which of the nodes it is, from 0.
 */
export function kafkaProperties(nodes: readonly KafkaPorts[], index = 0): string {
  const ports = nodes[index];
  if (ports === undefined) throw new RangeError(`there is no node ${index} among ${nodes.length}`);
  const voters = nodes.map(({ controller }, i) => `${i + 1}@127.0.0.1:${controller}`).join(',');
  const copies = Math.min(nodes.length, 3);
  // With three copies one may be missing, and what was acknowledged is on two.
  const inSync = Math.max(1, copies - 1);
  return `# Written by Saldo at every start.
process.roles=broker,controller
node.id=${index + 1}
controller.quorum.voters=${voters}
listeners=PLAINTEXT://127.0.0.1:${ports.broker},CONTROLLER://127.0.0.1:${ports.controller}
advertised.listeners=PLAINTEXT://127.0.0.1:${ports.broker}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
# After a crash the broker may only come back when its former self has timed out (default 9 s).
broker.session.timeout.ms=5000
broker.heartbeat.interval.ms=1000
log.dirs=log
auto.create.topics.enable=false
num.partitions=1
default.replication.factor=${copies}
min.insync.replicas=${inSync}
group.initial.rebalance.delay.ms=0
offsets.topic.replication.factor=${copies}
offsets.topic.num.partitions=4
# Ten years: a journal's reader may come back after any time (the default forgets it after a week).
offsets.retention.minutes=5256000
transaction.state.log.replication.factor=${copies}
transaction.state.log.min.isr=${inSync}
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=${copies}
share.coordinator.state.topic.min.isr=${inSync}
# The journal is kept for ever unless a topic says otherwise.
log.retention.ms=-1
`;
}
