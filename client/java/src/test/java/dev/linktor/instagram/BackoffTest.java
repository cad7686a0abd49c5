package dev.linktor.instagram;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackoffTest {
    @ParameterizedTest
    @CsvSource({"0, 0, 250", "0, 0.5, 375", "1, 0, 500", "2, 0, 1000", "3, 0, 2000",
        "4, 0, 2500", "9, 0, 2500", "1000, 0, 2500", "1000, 0.5, 3750"})
    void doublesUpToItsMostWithJitter(int failures, double random, long millis) {
        assertEquals(Duration.ofMillis(millis), Backoff.delay(failures, random));
    }

    // A call that is repeated must cause a new attempt to connect. With a shorter wait
    // it would get the failure of the attempt before.
    @Test
    void isLongerThanReconnecting() {
        assertTrue(Backoff.delay(0, 0).compareTo(Connection.RECONNECT_AFTER) > 0);
    }
}
