/**
 * Dying: a client's act at which the power may fail.
 *
 * @module
 */

import { ClientError } from '../../../client/index.ts'

/** What came of an act, or that the record was not written. */
export async function dying<Value>(
  act: () => Promise<Value>
): Promise<{ readonly value: Value } | 'died'> {
  try {
    return { value: await act() }
  } catch (error) {
    if (error instanceof ClientError && error.code === 'RECORD_NOT_WRITTEN') return 'died'
    throw error
  }
}
