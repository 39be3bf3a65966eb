// A producer of kafkajs at a fixed rate. Arguments and output: see ../java/Produce.java.
// Every record is a send() of its own, as an application writes it that awaits nothing.
const fs = require('fs')
const { Kafka, Partitioners, logLevel } = require('kafkajs')
const [name, bootstrap, topic, partitions, rate, bytes, firstMs, lastMs, ...pairs] = process.argv.slice(2)
const KNOWN = ['metadataMaxAge', 'maxInFlightRequests', 'transactionTimeout']
const wallUs = Date.now() * 1000
const startedMs = performance.now()
const nowUs = () => Math.round(wallUs + (performance.now() - startedMs) * 1000)
const say = line => fs.writeSync(1, line + '\n')
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))

// Kafka's own name of the error, where there is one in the chain of causes.
const nameOf = error => {
  for (let e = error; e; e = e.cause) if (e.type) return e.type
  return error.name || 'Error'
}

async function main() {
  const config = { createPartitioner: Partitioners.DefaultPartitioner }
  for (const pair of pairs) {
    const [key, value] = pair.split('=')
    if (!KNOWN.includes(key)) throw new Error(`kafkajs_produce.js knows no key ${key}`)
    config[key] = Number(value)
  }
  const kafka = new Kafka({ clientId: name, brokers: bootstrap.split(','), logLevel: logLevel.NOTHING })
  const producer = kafka.producer(config)
  await producer.connect()
  const value = Buffer.alloc(Number(bytes))
  for (let i = 0; ; i++) {
    const due = Number(firstMs) * 1000 + i * 1e6 / Number(rate)
    if (due >= Number(lastMs) * 1000) break
    if (due > nowUs()) await sleep((due - nowUs()) / 1000)
    const partition = i % Number(partitions)
    say(`sent ${i} ${nowUs()} ${partition}`)
    producer.send({ topic, acks: -1, messages: [{ value, partition }] }).then(
      () => say(`done ${i} ${nowUs()} OK`), error => say(`done ${i} ${nowUs()} ${nameOf(error)}`))
  }
  setInterval(() => {}, 1000) // lives until it is killed
}

main().catch(error => { console.error(error); process.exit(1) })
