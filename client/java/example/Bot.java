import dev.linktor.instagram.FileCursorStore;
import dev.linktor.instagram.Linktor;
import dev.linktor.instagram.LinktorException;
import dev.linktor.instagram.SubscribeOptions;
import dev.linktor.instagram.v1.Event;
import dev.linktor.instagram.v1.IceBreaker;
import dev.linktor.instagram.v1.QuickReply;
import dev.linktor.instagram.v1.SetIceBreakersRequest;
import dev.linktor.instagram.v1.SubscribeEventsRequest;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/** Answers the first message of each customer, and the quick reply that they choose. */
public final class Bot {
    public static void main(String[] arguments) {
        String server = System.getenv().getOrDefault("LINKTOR_IG_SERVER", "127.0.0.1:50051");
        String key = System.getenv("LINKTOR_IG_API_KEY");
        SubscribeEventsRequest all = SubscribeEventsRequest.getDefaultInstance();
        SubscribeOptions options = new SubscribeOptions()
                .keepCursor(new FileCursorStore(Path.of("example.cursor")))
                .onResponse(response -> {
                    if (response.getSubscribed()) {
                        System.out.println("reading events; Ctrl-C ends");
                    }
                });
        try (var client = Linktor.builder(server).apiKey(key).build();
                var events = client.subscribe(all, options)) {
            client.setIceBreakers(SetIceBreakersRequest.newBuilder()
                    .setChannelId("ch_instagram_123").addIceBreakers(
                        IceBreaker.newBuilder().setQuestion("What is new?").setPayload("NEW"))
                    .build());
            Set<String> met = new HashSet<>();
            for (Event event : events) {
                var answer = Linktor.text(event.getChannelId(), event.getUserId(), "");
                // The id comes from the message, so several replicas answer once.
                if (event.hasMessageReceived() && met.add(event.getUserId())) {
                    answer.setRequestId("first-" + event.getMessageReceived().getId());
                    answer.getContentBuilder().setText("Hello! What do you look for?")
                            .addQuickReplies(choice("Dresses")).addQuickReplies(choice("Shoes"));
                } else if (event.hasQuickReply()) {
                    answer.setRequestId("choice-" + event.getQuickReply().getMessage().getId());
                    answer.getContentBuilder()
                            .setText("You chose " + event.getQuickReply().getText() + ".");
                } else {
                    continue;
                }
                try {
                    client.send(answer.build());
                } catch (LinktorException e) {
                    System.err.println(e.getMessage());
                }
            }
        }
    }

    private static QuickReply choice(String title) {
        return QuickReply.newBuilder().setTitle(title).setPayload(title.toUpperCase()).build();
    }
}
