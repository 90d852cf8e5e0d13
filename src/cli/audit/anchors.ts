import type { Command } from 'commander';
import { type AnchorSource, folderOfAnchors, topicOfAnchors } from '../../audit/anchors/anchor-source.js';
import type { AnchorTable } from '../../audit/anchors/anchor-table.js';
import { readAnchors } from '../../audit/anchors/read-anchors.js';
import { readAnchorConfig } from '../../config/anchor-config.js';
import { hostPorts } from '../../config/host-ports.js';
import { addressesIn } from '../command-line.js';
import { kafkaOptionsOf } from './servers.js';

export const anchorsOption = (command: Command): Command =>
  command.option(
    '--anchors <place>',
    'compare the checkpoints with what was anchored: a folder, topic, or topic@host:port,… (may be said several times)',
    (place: string, before: readonly string[] = []) => [...before, place],
  );

/** All that was anchored in the places that `--anchors` names; undefined where it names none. */
export async function anchorsIn(
  places: readonly string[] | undefined,
  cluster: string,
  dir: string,
): Promise<{ readonly anchors?: readonly AnchorTable[] }> {
  if (places === undefined) return {};
  return { anchors: await readAnchors(places.map((place) => sourceOf(place, cluster, dir))) };
}

function sourceOf(place: string, cluster: string, dir: string): AnchorSource {
  const topic = /^topic(?:@(.+))?$/.exec(place);
  if (topic === null) return folderOfAnchors(place);
  const kafkaBrokers =
    hostPorts('--anchors', topic[1]) ?? readAnchorConfig().brokers ?? addressesIn(dir).kafkaBrokers;
  return topicOfAnchors(kafkaOptionsOf({ kafkaBrokers }, cluster), cluster);
}
