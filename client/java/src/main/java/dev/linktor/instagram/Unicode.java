package dev.linktor.instagram;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** Finds texts that cannot be sent. */
final class Unicode {
    private Unicode() {}

    /**
     * Throws IllegalArgumentException when a text of the request has only half of a
     * surrogate pair, for example because it was cut in the middle of an emoji.
     * protobuf would send a question mark in its place.
     */
    static void check(Message request) {
        check(request, "");
    }

    private static void check(Message message, String path) {
        for (Map.Entry<FieldDescriptor, Object> field : message.getAllFields().entrySet()) {
            String name = path + field.getKey().getName();
            Collection<?> values = field.getKey().isRepeated()
                    ? (Collection<?>) field.getValue() : List.of(field.getValue());
            for (Object value : values) {
                if (value instanceof Message inner) {
                    check(inner, name + ".");
                } else if (value instanceof String text
                        && !StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
                    throw new IllegalArgumentException("linktor: the request cannot be sent: "
                            + name + " is not valid Unicode and has no form in UTF-8");
                }
            }
        }
    }
}
