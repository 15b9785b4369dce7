/**
 * The settings of the MQTT gateway.
 *
 * @module
 */

import type { z } from 'zod'
import type { MqttConfig } from './config.ts'
import { measured, path, port } from './measures.ts'
import {
  choice,
  filePath,
  group,
  hexText,
  host,
  list,
  slug,
  text,
  wholeNumber,
  yesOrNo
} from './shapes.ts'

const MIB = 1024 * 1024
const YEAR_SECONDS = 31_536_000

const TOPICS_MAX = 256
const READINGS_MAX = 64
const FILTER =
  /^(?!tm\/)(?!\$)(?:[^+#/\p{Cc}]{0,128}|\+)(?:\/(?:[^+#/\p{Cc}]{0,128}|\+)){0,7}(?:(?<=^)#|(?<=\/)#)?$/u

const BROKER = /^mqtts?:\/\/(?:[a-zA-Z0-9.-]{1,253}|\[[0-9a-fA-F:]{2,45}\])(?::[0-9]{1,5})?$/

/** A topic of devices that are told no others, and what is read out of it. */
const topic = group({
  topic: text(FILTER, 'a topic filter of at most eight levels, none of this network'),
  device: slug(),
  format: choice(['number', 'json', 'senml']),
  readings: list(
    group({
      at: text(
        /^(?:\/(?:[^~\p{Cc}]|~[01]){0,128}){0,8}$/u,
        'a JSON Pointer, as in /ENERGY/Power'
      ).default(''),
      name: text(
        /^[A-Za-z0-9][A-Za-z0-9\-:._/]{0,63}$/,
        'a name of SenML, as in temperature or power/total'
      ),
      unit: text(/^[\x21-\x7e]{1,16}$/, 'a unit of SenML, as in Cel or %')
        .nullable()
        .default(null)
    }),
    { max: READINGS_MAX }
  ).default([])
})

/** All settings of the MQTT gateway. */
export const mqtt: z.ZodType<MqttConfig> = group({
  enabled: yesOrNo().describe('Whether devices may speak MQTT to this node'),
  host: host().describe('Interface of the MQTT gateway'),
  port: port().describe('Port of the MQTT gateway; 0 takes any free port'),
  clientsMax: measured(wholeNumber(1, 100_000), 'clients', 'MQTT clients connected at once'),
  tls: group({
    certificateFile: path(
      filePath().nullable(),
      'Certificate chain of the MQTT gateway, PEM; with it the gateway speaks TLS alone'
    ),
    keyFile: path(filePath().nullable(), 'Private key of that certificate, PEM')
  }),
  topics: list(topic, { max: TOPICS_MAX }).describe(
    'Topics and payloads of devices that cannot sign, for devices whose keys this node holds (`thingmoot gateway`)'
  ),
  homeAssistant: group({
    enabled: yesOrNo().describe('Whether devices are announced to Home Assistant'),
    prefix: text(/^[A-Za-z0-9_-]{1,64}$/, 'one level of a topic').describe(
      'First level of the topics of announcements, as Home Assistant is set to'
    ),
    devices: list(
      group({
        id: hexText(32),
        name: text(/^[^\p{Cc}]{1,64}$/u, 'a name of at most 64 characters')
      }),
      { max: TOPICS_MAX }
    ).describe('Devices to announce, beside those whose keys this node holds')
  }),
  bridge: group({
    url: text(BROKER, 'an address such as mqtts://broker.example:8883')
      .nullable()
      .describe('Another broker, of which this node is a client as well; none unless named'),
    user: text(/^[^\p{Cc}]{1,128}$/u, 'a name of at most 128 characters')
      .nullable()
      .describe('User name of this node there'),
    passwordFile: path(filePath().nullable(), 'File with its password there'),
    authorityFile: path(
      filePath().nullable(),
      'Certificates that vouch for that broker instead of those of the system, PEM'
    )
  }),
  connectsMax: measured(
    wholeNumber(8, 10_000),
    'connections',
    'Connections that have not said yet who they are; beyond that the oldest of them makes room'
  ),
  connectSeconds: measured(wholeNumber(1, 60), 's', 'How long a connection may take to say it'),
  packetBytesMax: measured(
    wholeNumber(4096, MIB),
    'bytes',
    'The largest packet taken from a client; a CONNECT has at most 4096 bytes'
  ),
  sessions: group({
    max: measured(
      wholeNumber(0, 100_000),
      'sessions',
      'Sessions that are kept for clients which asked for it and listen to something; 0 keeps none'
    ),
    bytesMax: measured(
      wholeNumber(4096, 16 * MIB),
      'bytes',
      'What may wait for one of them; beyond that its oldest messages are dropped'
    ),
    awaySeconds: measured(
      wholeNumber(1, YEAR_SECONDS),
      's',
      'How long one is kept, with what waits for it, after its connection ended'
    )
  })
})
