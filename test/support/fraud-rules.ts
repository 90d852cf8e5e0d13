import { rulesIn } from '../../src/cli/fraud/rules-file.js';
import type { FraudConfig } from '../../src/fraud/config/fraud-config.js';

/** Those of examples/fraud-rules.yaml. */
export const bankRules = (): FraudConfig => rulesIn(undefined);
