/** Another producer took over this transactional id: this one must stop. */
export class ProducerFencedError extends Error {
  override readonly name = 'ProducerFencedError';
}

const FENCED =
  /PRODUCER_FENCED|INVALID_PRODUCER_EPOCH|INVALID_PRODUCER_ID_MAPPING|TRANSACTION_COORDINATOR_FENCED/;

/** The error itself, or as ProducerFencedError what kafkajs says of a producer that was fenced. */
export function asFenced(error: unknown, message: string): unknown {
  const types = [error, (error as { cause?: unknown } | undefined)?.cause].map(
    (e) => (e as { type?: string })?.type ?? '',
  );
  return types.some((type) => FENCED.test(type)) ? new ProducerFencedError(message, { cause: error }) : error;
}
