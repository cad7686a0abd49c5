package dev.linktor.instagram;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import dev.linktor.instagram.v1.Event;
import dev.linktor.instagram.v1.SubscribeEventsRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/** This subscription of the conformance driver is read in a thread of its own. */
final class DrivenSubscription {
    enum Outcome { EVENT, TIMEOUT, ENDED }

    record Next(Outcome outcome, Event event) {}

    private final ExecutorService reader = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task);
        thread.setDaemon(true);
        return thread;
    });
    private final Subscription subscription;
    private final List<LinktorException> breaks = new CopyOnWriteArrayList<>();
    private volatile int subscribed;
    private volatile boolean caughtUp;
    private Future<Next> pending;

    /** @param cursorFile is null when no cursor is kept */
    DrivenSubscription(Linktor client, SubscribeEventsRequest request, String cursorFile) {
        SubscribeOptions options = new SubscribeOptions()
                .onBreak((error, wait) -> breaks.add(error))
                .onResponse(response -> {
                    subscribed += response.getSubscribed() ? 1 : 0;
                    caughtUp = response.getCaughtUp();
                });
        if (cursorFile != null) {
            options.keepCursor(new FileCursorStore(Path.of(cursorFile)));
        }
        subscription = client.subscribe(request, options);
    }

    /**
     * Asks for the next event, or goes on waiting for it when an earlier call has asked
     * already.
     */
    Next next(Duration timeout) throws InterruptedException, ExecutionException {
        if (pending == null) {
            pending = reader.submit(() -> subscription.hasNext()
                    ? new Next(Outcome.EVENT, subscription.next()) : new Next(Outcome.ENDED, null));
        }
        try {
            Next next = pending.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
            pending = null;
            return next;
        } catch (ExecutionException e) {
            pending = null;
            throw e;
        } catch (TimeoutException e) {
            return new Next(Outcome.TIMEOUT, null);
        }
    }

    JsonObject state(Function<Throwable, JsonObject> describe) {
        JsonObject state = new JsonObject();
        state.addProperty("subscribed", subscribed);
        state.addProperty("caught_up", caughtUp);
        JsonArray errors = new JsonArray();
        breaks.forEach(error -> errors.add(describe.apply(error)));
        state.add("breaks", errors);
        return state;
    }

    /** Closes the subscription, and returns when its thread has ended. */
    void stop() throws InterruptedException {
        subscription.close();
        reader.shutdown();
        while (!reader.awaitTermination(1, TimeUnit.MINUTES)) {
            subscription.close();
        }
    }
}
