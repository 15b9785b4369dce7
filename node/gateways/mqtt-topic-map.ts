/**
 * The topic map: topics of devices that cannot be told others, and whose readings come on them.
 *
 * @module
 */

/** One value of a payload, and what it is called on the ledger. */
export interface MappedReading {
  /** A JSON Pointer (RFC 6901) into the payload; empty for all of it. */
  readonly at: string
  readonly name: string
  readonly unit: string | null
}

/** What comes on a topic. */
export interface TopicRule {
  /** A topic filter: `+` stands for one level, `#` for all that follow. */
  readonly topic: string
  /** The name of a device whose key this node holds. */
  readonly device: string
  readonly format: 'number' | 'json' | 'senml'
  /** Of a number one; of JSON those that are looked for; of SenML none, it names its own. */
  readonly readings: readonly MappedReading[]
}

/** The topic map. */
export interface TopicMap {
  /** The first rule that a topic fits. */
  readonly ruleOf: (topic: string) => TopicRule | undefined
  readonly rules: readonly TopicRule[]
}

/** Makes the map of rules. */
export function createTopicMap(rules: readonly TopicRule[]): TopicMap {
  return { rules, ruleOf: (topic) => rules.find((rule) => isFitting(topic, rule.topic)) }
}

/** Whether a topic fits a filter (MQTT 5.0 §4.7). */
export function isFitting(topic: string, filter: string): boolean {
  const levels = topic.split('/')
  const wanted = filter.split('/')
  for (const [place, want] of wanted.entries()) {
    if (want === '#') return true
    const level = levels[place]
    if (level === undefined || (want !== '+' && want !== level)) return false
  }
  return levels.length === wanted.length
}
