import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createTopicMap, isFitting, type TopicRule } from './mqtt-topic-map.ts'

const test = suite('topic map')

test('a filter fits as the protocol says', () => {
  for (const [topic, filter] of [
    ['a/b', 'a/b'],
    ['a/b', 'a/+'],
    ['a/b', '#'],
    ['a', 'a/#'],
    ['a/b/c', 'a/#'],
    ['a//c', 'a/+/c']
  ] as const)
    assert.ok(isFitting(topic, filter), `${topic} ${filter}`)
  for (const [topic, filter] of [
    ['a/b', 'a'],
    ['a', 'a/b'],
    ['a/b/c', 'a/+'],
    ['a', '+/+'],
    ['ab', 'a']
  ] as const)
    assert.not(isFitting(topic, filter), `${topic} ${filter}`)
})

test('the first rule that fits is the one', () => {
  const rule = (topic: string, device: string): TopicRule => ({
    ...{ topic, device, format: 'senml', readings: [] }
  })
  const map = createTopicMap([rule('a/b', 'one'), rule('a/#', 'two')])
  assert.equal(
    ['a/b', 'a/c', 'b'].map((topic) => map.ruleOf(topic)?.device),
    ['one', 'two', undefined]
  )
})

test.run()
