/** Every workflow a worker runs. */
export { transferSaga } from './transfer-saga.js';
