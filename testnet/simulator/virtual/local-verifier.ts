/**
 * The verifier without a thread: the product's own judgement, at once.
 *
 * @module
 */

import { answerQuestion } from '../../../node/batches/judge-batch.ts'
import { ROW_BYTES, readRow } from '../../../node/batches/judged-batch.ts'
import type { Verifier } from '../../../node/batches/verifier.ts'

/** Makes one for a network. */
export function createLocalVerifier(networkTag: Uint8Array): Verifier {
  return {
    judgeBatch: (encoded, isFinal = false) => {
      const bytes = new Uint8Array(encoded)
      const { fault, rows } = answerQuestion(networkTag, {
        kind: 'batch',
        number: 0,
        bytes,
        isFinal
      })
      const count = fault === null ? rows.length / ROW_BYTES : 0
      const read = Array.from({ length: count }, (_, index) => readRow(rows, index))
      return Promise.resolve({ bytes, fault, rows: read })
    },
    judgeTransaction: (wire) => {
      const bytes = new Uint8Array(wire)
      const ends = Uint32Array.of(bytes.length)
      const question = { kind: 'transactions', number: 0, bytes, ends } as const
      return Promise.resolve(readRow(answerQuestion(networkTag, question).rows, 0))
    },
    close: () => Promise.resolve()
  }
}
