// A producer at a fixed rate. Arguments: NAME BOOTSTRAP TOPIC PARTITIONS RATE BYTES FIRST_MS LAST_MS KEY=VALUE...
// It says on stdout "sent I MICROS PARTITION" and "done I MICROS OK|ERROR" of record I, and lives until it is killed.
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

public class Produce {
  static final long WALL_MICROS = System.currentTimeMillis() * 1000;
  static final long STARTED = System.nanoTime();

  static long nowMicros() {
    return WALL_MICROS + (System.nanoTime() - STARTED) / 1000;
  }

  public static void main(String[] args) throws Exception {
    String topic = args[2];
    int partitions = Integer.parseInt(args[3]);
    double rate = Double.parseDouble(args[4]);
    byte[] value = new byte[Integer.parseInt(args[5])];
    long firstMicros = Long.parseLong(args[6]) * 1000;
    long lastMicros = Long.parseLong(args[7]) * 1000;
    Properties config = new Properties();
    config.put("client.id", args[0]);
    config.put("bootstrap.servers", args[1]);
    config.put("key.serializer", ByteArraySerializer.class.getName());
    config.put("value.serializer", ByteArraySerializer.class.getName());
    for (int i = 8; i < args.length; i++) {
      String[] pair = args[i].split("=", 2);
      config.put(pair[0], pair[1]);
    }
    KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(config);
    for (long i = 0; ; i++) {
      long due = firstMicros + (long) (i * 1e6 / rate);
      if (due >= lastMicros) break;
      TimeUnit.MICROSECONDS.sleep(Math.max(0, due - nowMicros()));
      send(producer, i, new ProducerRecord<>(topic, (int) (i % partitions), null, value));
    }
    Thread.sleep(Long.MAX_VALUE);
  }

  static void send(KafkaProducer<byte[], byte[]> producer, long i, ProducerRecord<byte[], byte[]> record) {
    System.out.println("sent " + i + " " + nowMicros() + " " + record.partition());
    producer.send(record, (where, error) ->
        System.out.println("done " + i + " " + nowMicros() + " " + (error == null ? "OK" : error.getClass().getSimpleName())));
  }
}
