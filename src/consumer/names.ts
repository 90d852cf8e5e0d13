/** Clusters and groups on one broker never share any of these, nor does a group of this kit meet the relay's. */
const prefix = (cluster: string, group: string): string => `${cluster}.consumer.${group}`;

export const membersGroup = prefix;
export const transactionalIdOf = (cluster: string, group: string, shard: number): string =>
  `${prefix(cluster, group)}.shard-${shard}`;
/** One partition a shard: the last record of each is the group's position in that shard. */
export const positionsTopic = (cluster: string, group: string): string =>
  `${prefix(cluster, group)}.positions`;
/** One partition a shard: what could not be processed, as it was, with the reason in its headers. */
export const parkedTopic = (cluster: string, group: string): string => `${prefix(cluster, group)}.parked`;
