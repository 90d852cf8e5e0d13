import { Client, Connection } from '@temporalio/client';
import type { OpenSaga } from '../saga/open-saga.js';
import { parseSagaWorkflowId } from '../saga/workflow-id.js';
import { workflowQuery } from './saga-visibility.js';

export interface TemporalAddress {
  /** `host:port`. */
  readonly address: string;
  readonly namespace: string;
  /** Of Temporal's own pages, where it is known. */
  readonly uiUrl: string | undefined;
}

/** A workflow that carries, or carried, a transfer. */
export interface SagaWorkflow {
  readonly id: string;
  readonly run: string;
  /** As Temporal calls it: RUNNING, COMPLETED, … */
  readonly status: string;
  /** In Temporal's own pages. */
  readonly link?: string;
}

export interface FoundWorkflows {
  /** For Temporal's pages, or `temporal workflow list --query`. */
  readonly query: string;
  /** The newest first. */
  readonly workflows: readonly SagaWorkflow[];
  /** Why Temporal could not be asked, if so. */
  readonly unreachable?: string;
}

const PATIENCE_MS = 3_000;
const MOST = 20;

/** The workflows that carry a transfer's batch, or one of its route of the same time. Temporal may be away: then only how to find them is told. */
export async function findWorkflows(
  { address, namespace, uiUrl }: TemporalAddress,
  cluster: string,
  { route, event }: OpenSaga,
): Promise<FoundWorkflows> {
  const query = workflowQuery(cluster, route, Number(event.split('-').at(-1)));
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ address, connectTimeout: PATIENCE_MS });
    const client = new Client({ connection, namespace });
    const workflows: SagaWorkflow[] = [];
    await connection.withDeadline(Date.now() + PATIENCE_MS, async () => {
      for await (const { workflowId: id, runId: run, status } of client.workflow.list({ query })) {
        if (!carries(id, route)) continue;
        const page = `${uiUrl}/namespaces/${namespace}/workflows/${encodeURIComponent(id)}/${run}/history`;
        workflows.push({ id, run, status: status.name, ...(uiUrl === undefined ? {} : { link: page }) });
        if (workflows.length === MOST) break;
      }
    });
    return { query, workflows };
  } catch (error) {
    return { query, workflows: [], unreachable: error instanceof Error ? error.message : String(error) };
  } finally {
    await connection?.close();
  }
}

const carries = (workflowId: string, route: readonly number[]): boolean =>
  parseSagaWorkflowId(workflowId)?.routes.some((one) => one.join() === route.join()) !== false;
