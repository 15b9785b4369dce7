/**
 * The doctor's rules about what the MQTT gateway is set to do for devices that cannot sign.
 *
 * @module
 */

import { count } from '../output.ts'
import { type Rule, warning, well, wrong } from './finding.ts'

/** Whether the devices that topics are mapped to are held here, and those that are held have topics. */
export const heldRule: Rule = ({ mqtt, configOption }) => {
  if (mqtt === null) return null
  const { held, mapped } = mqtt
  const missing = mapped.filter((name) => !held.includes(name))
  if (missing.length > 0)
    return missing.map((name) =>
      wrong(
        `mqtt.topics names ${name}, whose key is not held here: the node does not start`,
        `thingmoot gateway new ${name} --maker <dir>${configOption}, or take its topics out`
      )
    )
  const silent = held.filter((name) => !mapped.includes(name))
  if (silent.length > 0)
    return warning(
      `held here without a topic: ${silent.join(', ')}`,
      'name what they publish on in mqtt.topics, and start the node anew'
    )
  return well(`${count(held.length, 'device')} held here, all with topics`)
}
