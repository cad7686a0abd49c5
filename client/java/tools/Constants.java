import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumValueDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.DescriptorProtos.SourceCodeInfo.Location;
import com.google.protobuf.UnknownFieldSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Writes EventTypes.java and Reasons.java from the descriptors of protos/. They have
 * the types of events and the reasons of errors, as messages of the server spell them.
 * The program fails when the version of pom.xml is not the version of the top
 * CMakeLists.txt. pom.xml runs it:
 *
 * <pre>java -classpath ... Constants.java DESCRIPTORS FOLDER CMAKELISTS VERSION</pre>
 */
public final class Constants {
    private static final String FOLDER = "linktor/instagram/v1/";
    private static final String REASON_PREFIX = "ERROR_REASON_";

    public static void main(String[] arguments) throws IOException {
        checkVersion(Path.of(arguments[2]), arguments[3]);
        FileDescriptorSet files =
                FileDescriptorSet.parseFrom(Files.readAllBytes(Path.of(arguments[0])));
        Path folder = Path.of(arguments[1], "dev", "linktor", "instagram");
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("EventTypes.java"), eventTypes(files));
        Files.writeString(folder.resolve("Reasons.java"), reasons(files));
    }

    private static void checkVersion(Path file, String version) throws IOException {
        Matcher found = Pattern.compile("project\\(\\s*\\S+\\s+VERSION\\s+([0-9.]+)")
                .matcher(Files.readString(file));
        require(found.find(), file + " has no project(... VERSION ...)");
        require(found.group(1).equals(version), "pom.xml has the version " + version + ", "
                + file.toAbsolutePath().normalize() + " has " + found.group(1));
    }

    private static String reasons(FileDescriptorSet files) {
        FileDescriptorProto file = file(files, "error_reason.proto");
        EnumDescriptorProto reasons = file.getEnumTypeList().stream()
                .filter(type -> type.getName().equals("ErrorReason")).findFirst().orElseThrow();
        int at = file.getEnumTypeList().indexOf(reasons);
        StringBuilder out = head("Reasons",
                "These are the reasons of errors, as {@link LinktorException#reason} and\n"
                        + " * MessageError.reason spell them. New ones may come.");
        for (int i = 0; i < reasons.getValueCount(); i++) {
            EnumValueDescriptorProto value = reasons.getValue(i);
            if (value.getNumber() == 0) {
                continue;
            }
            require(value.getName().startsWith(REASON_PREFIX), value.getName());
            String name = value.getName().substring(REASON_PREFIX.length());
            constant(out, name, name, comment(file, List.of(5, at, 2, i)));
        }
        return out.append("}\n").toString();
    }

    private static String eventTypes(FileDescriptorSet files) {
        FileDescriptorProto file = file(files, "event.proto");
        int option = file.getExtensionList().stream()
                .filter(field -> field.getName().equals("event_type"))
                .findFirst().orElseThrow().getNumber();
        DescriptorProto event = file.getMessageTypeList().stream()
                .filter(type -> type.getName().equals("Event")).findFirst().orElseThrow();
        int at = file.getMessageTypeList().indexOf(event);
        StringBuilder out = head("EventTypes",
                "These are the types of events, as Event.type and SubscribeEventsRequest.types\n"
                        + " * spell them. New ones may come: ignore what you do not know.");
        for (int i = 0; i < event.getFieldCount(); i++) {
            FieldDescriptorProto field = event.getField(i);
            if (field.hasOneofIndex()) {
                String name = field.getName().toUpperCase(Locale.ROOT);
                constant(out, name, eventType(field, option), comment(file, List.of(4, at, 2, i)));
            }
        }
        return out.append("}\n").toString();
    }

    /**
     * Returns the option (event_type) of the field. This program has no generated code
     * for the option, so that it is an unknown field here.
     */
    private static String eventType(FieldDescriptorProto field, int option) {
        UnknownFieldSet.Field value = field.getOptions().getUnknownFields().getField(option);
        require(value.getLengthDelimitedList().size() == 1,
                "Event." + field.getName() + " has no option (event_type)");
        return value.getLengthDelimitedList().get(0).toStringUtf8();
    }

    private static FileDescriptorProto file(FileDescriptorSet files, String name) {
        return files.getFileList().stream()
                .filter(file -> file.getName().equals(FOLDER + name)).findFirst().orElseThrow();
    }

    /** Returns the comment in front of the element at this path, in one line. */
    private static String comment(FileDescriptorProto file, List<Integer> path) {
        for (Location location : file.getSourceCodeInfo().getLocationList()) {
            if (location.getPathList().equals(path)) {
                return location.getLeadingComments().strip().replaceAll("\\s+", " ");
            }
        }
        return "";
    }

    private static StringBuilder head(String name, String comment) {
        return new StringBuilder()
                .append("// tools/Constants.java makes this file; changes to it are lost.\n"
                + "package dev.linktor.instagram;\n\n/**\n * " + comment + "\n */\n"
                + "public final class " + name + " {\n    private " + name + "() {}\n");
    }

    private static void constant(StringBuilder out, String name, String value, String comment) {
        String escaped = comment.replace("&", "&amp;").replace("<", "&lt;")
                .replace("@", "&#64;").replace("*/", "*&#47;");
        out.append("\n    /** ").append(escaped).append(" */\n    public static final String ")
                .append(name).append(" = \"").append(value).append("\";\n");
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalStateException(message);
        }
    }
}
