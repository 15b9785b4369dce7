/**
 * controllers/<deviceId>: who may command a device, and how far each has got.
 *
 * @see SPEC.md §6.1 Records
 * @module
 */

import { key, list, type Shape, tuple, uint } from '../../codec/shape.ts'
import { CONTROLLERS_MAX } from '../../transactions/controllers-set.ts'
import { type Bucket, bucketToFields, readBucket } from '../bucket.ts'
import { createTable, type Table } from '../table.ts'

/** One who may command. */
export interface Controller {
  readonly controllerKey: Uint8Array
  /** Of its last command; 0 before the first. */
  readonly commandSequence: number
  readonly notAfterMs: number
  readonly bucket: Bucket
}

const controllerFields = tuple(key, uint(), uint(), readBucket)

const readController: Shape<Controller> = (value) => {
  const read = controllerFields(value)
  if (read === undefined) return undefined
  const [controllerKey, commandSequence, notAfterMs, bucket] = read
  return { controllerKey, commandSequence, notAfterMs, bucket }
}

/** The table of controllers, each list in ascending order of their keys. */
export const controllers: Table<readonly Controller[]> = createTable({
  number: 4,
  name: 'controllers',
  read: list(readController, CONTROLLERS_MAX),
  toFields: (record) =>
    record.map(({ controllerKey, commandSequence, notAfterMs, bucket }) => [
      controllerKey,
      commandSequence,
      notAfterMs,
      bucketToFields(bucket)
    ])
})
