/**
 * The settings of one node, as the rest of the house reads them. What each of them means, and
 * which values it may have, is said in schema.ts.
 *
 * @module
 */

/** Everything an operator can decide about a node. Frozen. */
export interface Config {
  readonly networkId: string | null
  readonly genesis: string
  readonly dataDirectory: string
  readonly network: {
    readonly listen: readonly string[]
    readonly announce: readonly string[]
    readonly bootstrapFile: string | null
    readonly bootstrap: readonly string[]
    readonly memberAddresses: readonly MemberAddresses[]
    readonly dissemination: 'auto' | 'push' | 'gossip'
    readonly pushMembersMax: number
    readonly observersMax: number
    readonly observersPerAddressMax: number
  }
  readonly http: {
    readonly host: string
    readonly port: number
    readonly behindProxy: boolean
    readonly tokenNeeded: boolean
    readonly corsOrigins: readonly string[]
    readonly tls: {
      readonly certificateFile: string | null
      readonly keyFile: string | null
    }
    readonly rate: {
      readonly readsPerSecond: number
      readonly submissionsPerSecond: number
      readonly heavyPerSecond: number
    }
  }
  readonly mqtt: MqttConfig
  readonly coap: {
    readonly enabled: boolean
    readonly host: string
    readonly port: number
    readonly requestsPerSecond: number
    readonly observersMax: number
  }
  readonly metrics: {
    readonly enabled: boolean
    readonly host: string
    readonly port: number
  }
  readonly log: {
    readonly level: LogLevel
    readonly format: 'json' | 'pretty'
  }
  readonly batch: {
    readonly closeAfterMs: number
    readonly closeAtBytes: number
  }
  readonly pace: {
    readonly minMs: number
    readonly maxMs: number
    readonly enoughBytes: number
  }
  readonly snapshot: {
    readonly everyBlocks: number
    readonly keep: number
    readonly joinBehindBlocks: number
  }
  readonly storage: {
    readonly keepBlocks: number
    readonly scrubBytesPerSecond: number
  }
  readonly disk: {
    readonly warnBytes: number
    readonly stopBytes: number
  }
  readonly keys: {
    readonly passphraseFile: string | null
  }
}

/** Everything an operator can decide about the MQTT gateway. */
export interface MqttConfig {
  readonly enabled: boolean
  readonly host: string
  readonly port: number
  readonly clientsMax: number
  readonly tls: {
    readonly certificateFile: string | null
    readonly keyFile: string | null
  }
  readonly topics: readonly MappedTopic[]
  readonly homeAssistant: {
    readonly enabled: boolean
    readonly prefix: string
    readonly devices: readonly { readonly id: string; readonly name: string }[]
  }
  readonly bridge: {
    readonly url: string | null
    readonly user: string | null
    readonly passwordFile: string | null
    readonly authorityFile: string | null
  }
  readonly connectsMax: number
  readonly connectSeconds: number
  readonly packetBytesMax: number
  readonly sessions: {
    readonly max: number
    readonly bytesMax: number
    readonly awaySeconds: number
  }
}

/** A topic of devices that cannot sign, and what is read out of what comes on it. */
export interface MappedTopic {
  /** A topic filter. */
  readonly topic: string
  /** The name of a device whose key the node holds. */
  readonly device: string
  readonly format: 'number' | 'json' | 'senml'
  readonly readings: readonly {
    /** A JSON Pointer. */
    readonly at: string
    readonly name: string
    readonly unit: string | null
  }[]
}

/** Where one member is called instead of at the end points it has on the ledger. */
export interface MemberAddresses {
  /** The member's identity key, 64 lower-case hexadecimal characters. */
  readonly memberId: string
  readonly addresses: readonly string[]
}

/** From the least to the most that is written down. */
export type LogLevel = 'silent' | 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace'
