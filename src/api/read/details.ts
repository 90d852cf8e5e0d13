import type { TransferDetails } from '../../domain/transfer.js';
import { type Metadata, metadataIn, textIn } from './texts.js';
import { instantIn } from './times.js';

/** What any operation that moves money may carry. */
export interface DetailsBody {
  readonly reference?: string;
  readonly metadata?: Metadata;
  readonly effective_at?: string;
}

export function detailsIn(body: DetailsBody, path: string): TransferDetails {
  const { reference, metadata, effective_at: effectiveAt } = body;
  return {
    ...(reference === undefined ? {} : { reference: textIn(reference, `${path}reference`) }),
    ...(metadata === undefined ? {} : { metadata: metadataIn(metadata, `${path}metadata`) }),
    ...(effectiveAt === undefined ? {} : { effectiveAt: instantIn(effectiveAt, `${path}effective_at`) }),
  };
}
