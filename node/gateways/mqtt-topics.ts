/**
 * MQTT topics: which there are, and who may do what with them.
 *
 * Anyone may publish `up`, because the signature inside decides; anyone may
 * subscribe to `down` and `state` of a device whose id he knows. There is nothing
 * else, and no wildcard above a device id, so nobody listens to the whole network.
 *
 * @module
 */

/** What a device's topics are for. */
export type DeviceChannel = 'up' | 'down' | 'state'

/** Topic levels beyond that are not looked at. */
export const TOPIC_LEVELS_MAX = 8

/** The device and channel of a topic; `+` and `#` stand for all channels that can be heard. */
export interface DeviceFilter {
  /** In lower-case hex. */
  readonly deviceId: string
  readonly channel: DeviceChannel | '+' | '#'
}

/** The topics of one network. */
export interface Topics {
  readonly of: (deviceId: string, channel: DeviceChannel) => string
  /** The device whose `up` a topic is. */
  readonly readUp: (topic: string) => string | undefined
  /** What a subscription is about, if it is allowed. */
  readonly readFilter: (filter: string) => DeviceFilter | undefined
  /** All filters that cover a channel of a device. */
  readonly filtersOf: (deviceId: string, channel: DeviceChannel) => readonly string[]
}

const DEVICE_ID = /^[0-9a-f]{64}$/
const LEVELS = 5

/** The topics of the network with this id. */
export function createTopics(networkId: string): Topics {
  const base = (deviceId: string): string => `tm/${networkId}/d/${deviceId}`
  const split = (topic: string): readonly [string, string] | undefined => {
    const levels = topic.split('/', LEVELS + 1)
    const [root, network, devices, deviceId = '', channel = ''] = levels
    const isOurs = levels.length === LEVELS && root === 'tm' && network === networkId
    return isOurs && devices === 'd' && DEVICE_ID.test(deviceId) ? [deviceId, channel] : undefined
  }
  return {
    of: (deviceId, channel) => `${base(deviceId)}/${channel}`,
    readUp: (topic) => {
      const [deviceId, channel] = split(topic) ?? []
      return channel === 'up' ? deviceId : undefined
    },
    readFilter: (filter) => {
      const [deviceId, channel] = split(filter) ?? []
      return deviceId !== undefined && isHearable(channel) ? { deviceId, channel } : undefined
    },
    filtersOf: (deviceId, channel) =>
      [channel, '+', '#'].map((level) => `${base(deviceId)}/${level}`)
  }
}

function isHearable(channel: string | undefined): channel is 'down' | 'state' | '+' | '#' {
  return channel === 'down' || channel === 'state' || channel === '+' || channel === '#'
}
