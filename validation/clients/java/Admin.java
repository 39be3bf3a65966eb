// What an operator's tools ask of a cluster, in one process that stays, so that a request costs no start of a JVM.
// Argument: BOOTSTRAP. Reads a command from each line of stdin and answers it with one line on stdout.
import java.util.*;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.*;

public class Admin {
  public static void main(String[] args) {
    Properties config = new Properties();
    config.put("bootstrap.servers", args[0]);
    config.put("request.timeout.ms", "5000");
    config.put("default.api.timeout.ms", "30000");
    try (org.apache.kafka.clients.admin.Admin admin = org.apache.kafka.clients.admin.Admin.create(config)) {
      for (Scanner lines = new Scanner(System.in); lines.hasNextLine(); ) {
        System.out.println(answer(admin, lines.nextLine().trim().split(" ")));
      }
    }
  }

  static String answer(org.apache.kafka.clients.admin.Admin admin, String[] words) {
    try {
      switch (words[0]) {
        case "brokers":
          return "" + admin.describeCluster().nodes().get().size();
        case "create": // create TOPIC 101,102,103 102,103,101 ...
          Map<Integer, List<Integer>> assignment = new TreeMap<>();
          for (int i = 2; i < words.length; i++) assignment.put(i - 2, ids(words[i]));
          admin.createTopics(List.of(new NewTopic(words[1], assignment))).all().get();
          return "created";
        case "settled": // settled TOPIC: does every partition have a leader and all of its replicas in sync?
          return "" + admin.describeTopics(List.of(words[1])).allTopicNames().get().get(words[1]).partitions().stream()
              .allMatch(p -> p.leader() != null && p.isr().size() == p.replicas().size());
        case "elect": // elect TOPIC-PARTITION ...
          Set<TopicPartition> elected = Arrays.stream(words).skip(1).map(Admin::partition).collect(Collectors.toSet());
          return "" + admin.electLeaders(ElectionType.PREFERRED, elected).partitions().get();
        case "reassign": // reassign TOPIC-PARTITION=104,103,101 ...
          Map<TopicPartition, Optional<NewPartitionReassignment>> moves = new HashMap<>();
          for (int i = 1; i < words.length; i++) {
            String[] pair = words[i].split("=");
            moves.put(partition(pair[0]), Optional.of(new NewPartitionReassignment(ids(pair[1]))));
          }
          admin.alterPartitionReassignments(moves).all().get();
          return "begun";
        default:
          return "unknown command " + words[0];
      }
    } catch (Exception failure) {
      return "failed: " + failure.getMessage();
    }
  }

  static List<Integer> ids(String text) {
    return Arrays.stream(text.split(",")).map(Integer::parseInt).collect(Collectors.toList());
  }

  static TopicPartition partition(String text) {
    int dash = text.lastIndexOf('-');
    return new TopicPartition(text.substring(0, dash), Integer.parseInt(text.substring(dash + 1)));
  }
}
