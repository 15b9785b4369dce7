import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openDevice } from './device.ts'
import {
  claimDevice,
  MortalStorage,
  seededRandom,
  startDevice,
  temperature
} from './testing/fixtures.ts'

const test = suite('the input of a device')

test('how far input was taken is stored with the message that says it, or not at all', async () => {
  const storage = new MortalStorage()
  const claimed = claimDevice('Ed25519', seededRandom(31))
  const device = await startDevice(claimed, 1, storage)
  const marks = async (): Promise<readonly number[]> => {
    const { state } = await openDevice({ storage, randomBytes: seededRandom(32) })
    return [state.inputMark, state.sequence]
  }
  await device.say(0, temperature(1), 17)
  await device.say(3, new Uint8Array(0))
  assert.equal(await marks(), [17, 2])
  storage.fates.push('dies-before')
  await device.say(0, temperature(2), 18).catch(() => undefined)
  assert.equal(await marks(), [17, 2])
  const reopened = await openDevice({ storage, randomBytes: seededRandom(33) })
  storage.fates.push('dies-after')
  await reopened.say(0, temperature(2), 18).catch(() => undefined)
  assert.equal(await marks(), [18, 3])
})

test.run()
