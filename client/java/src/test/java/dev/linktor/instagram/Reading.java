package dev.linktor.instagram;

import dev.linktor.instagram.v1.Event;
import dev.linktor.instagram.v1.SubscribeEventsRequest;
import dev.linktor.instagram.v1.SubscribeEventsResponse;
import io.grpc.stub.ServerCallStreamObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/** Holds what the tests of subscriptions share. */
final class Reading {
    static final Duration MINUTE = Duration.ofMinutes(1);
    static final SubscribeEventsRequest ALL = SubscribeEventsRequest.getDefaultInstance();

    private Reading() {}

    /** This cursor store records the cursors that it was told to save. */
    static class MemoryStore implements CursorStore {
        final List<String> saved = new CopyOnWriteArrayList<>();
        private final String loaded;

        MemoryStore(String loaded) {
            this.loaded = loaded;
        }

        @Override
        public Optional<String> load() throws Exception {
            return Optional.ofNullable(loaded);
        }

        @Override
        public void save(String cursor) throws Exception {
            saved.add(cursor);
        }
    }

    static void sendAll(ServerCallStreamObserver<SubscribeEventsResponse> stream,
            SubscribeEventsResponse... responses) {
        for (SubscribeEventsResponse response : responses) {
            stream.onNext(response);
        }
    }

    /** Takes this many events and returns their cursors. */
    static List<String> follow(Linktor client, SubscribeEventsRequest request, int count,
            SubscribeOptions options) {
        List<String> got = new ArrayList<>();
        try (Subscription events = client.subscribe(request, options)) {
            for (Event event : events) {
                got.add(event.getCursor());
                if (got.size() == count) {
                    break;
                }
            }
        }
        return got;
    }
}
