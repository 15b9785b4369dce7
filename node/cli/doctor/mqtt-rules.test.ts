import { suite } from 'uvu'
import { assertFound, type Expected, HEALTHY, nameOf } from './testing/sample-facts.ts'

const test = suite("the doctor's rules about MQTT")

const TABLE: readonly Expected[] = [
  [
    'a topic of a device that is not held',
    { ...HEALTHY, mqtt: { held: [], mapped: ['kitchen'] } },
    ...(['held', 'wrong', /names kitchen/, /gateway new kitchen .*--config/] as const)
  ],
  [
    'a device without a topic',
    { ...HEALTHY, mqtt: { held: ['attic', 'kitchen'], mapped: ['kitchen'] } },
    ...(['held', 'warning', /without a topic: attic/, /mqtt\.topics/] as const)
  ],
  ['no device at all', { ...HEALTHY, mqtt: null }, ...(['held', 'silent'] as const)]
]

for (const row of TABLE) test(nameOf(row), () => assertFound(row))

test.run()
