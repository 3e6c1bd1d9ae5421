import { eventLogConformance } from '../../../conformance/event-log.ts'
import { createKafkaFixture } from './kafka-fixture.ts'

eventLogConformance('kafka', createKafkaFixture)
