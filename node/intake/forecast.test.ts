import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { DeviceRecord, LedgerVersion, Transaction } from '../../protocol/index.ts'
import { DeviceLanes } from './device-lanes.ts'
import { type ForecastPorts, forecast } from './forecast.ts'

const test = suite('forecasts of the intake')

const id = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)

/** A device whose main branch stands at its fifth message, forked or not. */
function portsOf(rival: Partial<NonNullable<DeviceRecord['rival']>> | null): ForecastPorts {
  const device = {
    incarnation: 0,
    sequence: 5,
    headMessageId: id(5),
    signingKeyHash: id(6),
    rival
  } as unknown as DeviceRecord
  const read = (): DeviceRecord => device
  return {
    // Whatever asks the ledger itself ends here: that is what the last test looks for.
    head: () => ({ timeMs: 1, view: { read } }) as unknown as LedgerVersion,
    networkTag: id(0),
    carrierId: id(1),
    clock: { timeMs: () => 2 },
    lanes: new DeviceLanes()
  } as unknown as ForecastPorts
}

const message = (sequence: number, previousMessageId: Uint8Array): Transaction =>
  ({
    body: {
      kind: 'device-message',
      deviceId: id(9),
      incarnation: 0,
      sequence,
      previousMessageId,
      signingKey: id(7)
    }
  }) as unknown as Transaction

test('what the main branch does not go on to is refused', () => {
  assert.equal(forecast(message(6, id(4)), portsOf(null)), {
    kind: 'refused',
    code: 'CHAIN_BROKEN'
  })
  assert.equal(forecast(message(4, id(3)), portsOf(null)), {
    kind: 'refused',
    code: 'SEQUENCE_USED'
  })
  assert.equal(forecast(message(7, id(6)), portsOf(null)), { kind: 'later' })
})

test('what the marked rival goes on to is judged by the ledger alone', () => {
  const ports = portsOf({ headMessageId: id(3) })
  // The rule reads more of the ledger than this one has.
  assert.throws(() => forecast(message(4, id(3)), ports))
  assert.equal(forecast(message(4, id(2)), ports), { kind: 'refused', code: 'SEQUENCE_USED' })
})

test.run()
