import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { WaitingCommand } from '../ledger-service.ts'
import { type Heard, withMqtt } from './testing/mqtt-world.ts'

const test = suite('commands over MQTT')

function command(height: number, index = 0): WaitingCommand {
  return {
    commandId: new Uint8Array(32).fill(height),
    height,
    index,
    notAfterMs: 9_000_000,
    wire: Uint8Array.of(height, index),
    receipt: Uint8Array.of(7)
  }
}

function placeOf({ body }: Heard): unknown {
  return (body as unknown as { command: { after: string } }).command.after
}

test(
  'who listens hears what waits, once, in order, with quality 1, and what comes later',
  withMqtt(async ({ open, topic, ledger, device }) => {
    ledger.setCommands(device.deviceId, [command(3), command(5)])
    for (const version of [4, 5] as const) {
      const { client, next } = await open(version)
      await client.subscribeAsync(topic('down'), { qos: 1 })
      const heard = [await next(), await next()]
      assert.equal(heard.map(placeOf), ['3.0', '5.0'])
      assert.equal(
        heard.map(({ qos, topic: on }) => [qos, on]),
        [
          [1, topic('down')],
          [1, topic('down')]
        ]
      )
      ledger.setCommands(device.deviceId, [command(5), command(6)])
      assert.is(placeOf(await next()), '6.0')
      ledger.setCommands(device.deviceId, [command(3), command(5)])
      await client.endAsync(true)
    }
  })
)

test(
  'a client that subscribes anew hears again what the device has not answered',
  withMqtt(async ({ open, topic, ledger, device }) => {
    ledger.setCommands(device.deviceId, [command(3)])
    const { client, next } = await open(5)
    await client.subscribeAsync(topic('#'), { qos: 1 })
    assert.is(placeOf(await next()), '3.0')
    await client.subscribeAsync(topic('#'), { qos: 1 })
    assert.is(placeOf(await next()), '3.0')
  })
)

test(
  'of many that wait a few are handed out, and the next ones when the device has answered',
  withMqtt(async ({ open, topic, ledger, device }) => {
    const all = Array.from({ length: 40 }, (_, number) => command(number + 1))
    ledger.setCommands(device.deviceId, all)
    const { client, next } = await open(5)
    await client.subscribeAsync(topic('down'), { qos: 1 })
    for (let number = 1; number <= 16; number++) assert.is(placeOf(await next()), `${number}.0`)
    ledger.setCommands(device.deviceId, all.slice(16))
    assert.is(placeOf(await next()), '17.0')
  })
)

test.run()
