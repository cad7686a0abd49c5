package dev.linktor.instagram;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import dev.linktor.instagram.v1.ErrorReason;
import dev.linktor.instagram.v1.Event;
import dev.linktor.instagram.v1.EventProto;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ConstantsTest {
    static Map<String, String> constantsOf(Class<?> holder) throws IllegalAccessException {
        Map<String, String> found = new TreeMap<>();
        for (Field field : holder.getFields()) {
            found.put(field.getName(), (String) field.get(null));
        }
        return found;
    }

    @Test
    void reasonsAreThoseOfTheProtos() throws IllegalAccessException {
        Map<String, String> want = new TreeMap<>();
        for (EnumValueDescriptor value : ErrorReason.getDescriptor().getValues()) {
            String name = value.getName().replaceFirst("^ERROR_REASON_", "");
            if (value.getNumber() != 0) {
                want.put(name, name);
            }
        }
        assertEquals(want, constantsOf(Reasons.class));
        assertEquals("API_KEY_MISSING", Reasons.API_KEY_MISSING);
    }

    @Test
    void eventTypesAreThoseOfTheProtos() throws IllegalAccessException {
        Map<String, String> want = new TreeMap<>();
        for (FieldDescriptor field : Event.getDescriptor().getOneofs().get(0).getFields()) {
            want.put(field.getName().toUpperCase(Locale.ROOT),
                    field.getOptions().getExtension(EventProto.eventType));
        }
        assertEquals(want, constantsOf(EventTypes.class));
        assertEquals("instagram.quick_reply", EventTypes.QUICK_REPLY);
    }

    // The build itself fails when pom.xml has another version than the repository.
    @Test
    void theExampleTakesThisVersion() throws IOException {
        Pattern version = Pattern.compile(
                "<artifactId>linktor-instagram</artifactId>\\s*(?:<!--.*?-->\\s*)?<version>(.*?)<");
        var mine = version.matcher(Files.readString(Path.of("pom.xml")));
        var examples = version.matcher(Files.readString(Path.of("example", "pom.xml")));
        assertTrue(mine.find() && examples.find());
        assertEquals(mine.group(1), examples.group(1));
    }
}
