/**
 * command: a controller's word to a device, in an order that everybody sees and nobody can repeat.
 *
 * @see SPEC.md §5.9 Acts of others
 * @module
 */

import { equalBytes } from '../../foundation/bytes.ts'
import type { Command } from '../../transactions/command.ts'
import { transactionCost } from '../../transactions/transaction.ts'
import { payBucket } from '../bucket.ts'
import { canSpeak, readLivingDevice } from '../devices/device-standing.ts'
import { applied, refused, waits } from '../outcome.ts'
import { controllers } from '../records/controller-record.ts'
import type { Rule } from '../rule.ts'

/** Judges the controller and its turn; the command itself only the device can read. */
export const commandRule: Rule<Command> = (command, transaction, context) => {
  const { state, timeMs, parameters } = context
  const device = readLivingDevice(state, command.deviceId, timeMs)
  if (typeof device === 'string') return refused(device)
  if (command.incarnation !== device.incarnation) return refused('INCARNATION_OLD')
  const listed = state.read(controllers, command.deviceId) ?? []
  const controller = listed.find((one) => equalBytes(one.controllerKey, command.controllerKey))
  if (controller === undefined || controller.notAfterMs <= timeMs)
    return refused('CONTROLLER_UNKNOWN')
  if (command.commandSequence <= controller.commandSequence) return refused('COMMAND_SEQUENCE_USED')
  if (timeMs >= command.notAfterMs) return refused('COMMAND_EXPIRED')
  if (!canSpeak(device)) return waits('DEVICE_STOPPED')
  const limits = { burst: parameters.controllerBurst, ratePerHour: parameters.controllerPerHour }
  const bill = { cost: transactionCost(transaction), timeMs }
  const bucket = payBucket(controller.bucket, limits, bill)
  if (bucket === undefined) return waits('QUOTA_EMPTY')
  const { commandSequence } = command
  const next = listed.map((one) => (one === controller ? { ...one, commandSequence, bucket } : one))
  state.write(controllers, command.deviceId, next)
  return applied
}
