"""A producer that shares no code with the project: librdkafka (confluent-kafka) and fastavro, Confluent wire format by hand.

produce.py BROKERS REGISTRY SCHEMA_FOLDER PREFIX < lines
A line is {"topic": ..., "schema": ..., "value": {...}}; the key is the value's subscriber_id. A line {} waits until all
before it is acknowledged: between topics librdkafka keeps no order. Ids of schemas are asked
of the registry by subject (<topic>-value), as the services registered them.
"""
import io, json, struct, sys, urllib.request
import fastavro
from confluent_kafka import Producer

brokers, registry, folder, prefix = sys.argv[1:]
producer = Producer({'bootstrap.servers': brokers, 'partitioner': 'murmur2_random', 'acks': 'all', 'linger.ms': 5})
failures = []
known = {}


def schema_of(topic, name):
    if topic not in known:
        url = f'{registry}/subjects/{topic}-value/versions/latest'
        found = json.load(urllib.request.urlopen(url, timeout=20))
        known[topic] = (found['id'], fastavro.parse_schema(json.load(open(f'{folder}/{name}.avsc'))))
    return known[topic]


count = 0
for line in sys.stdin:
    record = json.loads(line)
    if not record:
        producer.flush(60)
        continue
    number, schema = schema_of(record['topic'], record['schema'])
    body = io.BytesIO()
    fastavro.schemaless_writer(body, schema, record['value'])
    producer.produce(
        prefix + record['topic'],
        key=record['value']['subscriber_id'],
        value=struct.pack('>bI', 0, number) + body.getvalue(),
        on_delivery=lambda error, _: failures.append(str(error)) if error else None,
    )
    count += 1
    producer.poll(0)
producer.flush(60)
print(json.dumps({'produced': count, 'failures': failures}))
sys.exit(1 if failures else 0)
