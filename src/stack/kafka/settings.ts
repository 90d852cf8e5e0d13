/** server.properties of the single node; paths are relative to its working folder, so that none needs escaping. */
export function kafkaProperties(ports: { readonly broker: number; readonly controller: number }): string {
  return `# Written by Saldo at every start.
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${ports.controller}
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
default.replication.factor=1
min.insync.replicas=1
group.initial.rebalance.delay.ms=0
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
# Ten years: a journal's reader may come back after any time (the default forgets it after a week).
offsets.retention.minutes=5256000
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# The journal is kept for ever unless a topic says otherwise.
log.retention.ms=-1
`;
}
