package dev.linktor.instagram;

import dev.linktor.instagram.v1.ApiKey;
import dev.linktor.instagram.v1.Channel;
import dev.linktor.instagram.v1.ChannelCredentials;
import dev.linktor.instagram.v1.CreateApiKeyRequest;
import dev.linktor.instagram.v1.CreateChannelRequest;
import dev.linktor.instagram.v1.Permission;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * This is the real server. The emulator takes the place of Instagram, and there is an
 * API key with all the permissions that the tests need. The programs are in the folder
 * that the variable LINKTOR_BIN_DIR names.
 */
final class Gateway implements AutoCloseable {
    static final String CHANNEL = "ch_instagram_123";
    static final String CUSTOMER = "6100000000000001";
    private static final String ACCOUNT = "17841400000000001";
    private static final String PAGE = "100000000000001";
    // The server promises to end within 25 s.
    private static final long STOP_SECONDS = 30;

    private final Path bin;
    private final List<String> options;
    private final Program instagram;
    private final HttpClient http = HttpClient.newHttpClient();
    private final String key;
    private Program server;

    /** This is a running program, with the addresses of its line "ready". */
    private record Program(Process process, Map<String, String> ready) {
        static Program start(Path path, List<String> arguments) throws IOException {
            List<String> command = new ArrayList<>(List.of(path.toString()));
            command.addAll(arguments);
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            BufferedReader out = process.inputReader();
            for (String line = out.readLine(); line != null; line = out.readLine()) {
                if (line.startsWith("ready ")) {
                    Map<String, String> ready = new HashMap<>();
                    for (String word : line.substring("ready ".length()).split(" ")) {
                        String[] parts = word.split("=", 2);
                        ready.put(parts[0], parts[1]);
                    }
                    return new Program(process, ready);
                }
            }
            throw new IOException(path + " ended before it was ready");
        }

        void stop() throws InterruptedException {
            process.destroy();
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException(process.info() + " does not end");
            }
        }
    }

    private Gateway(Path bin, Path folder) throws IOException, InterruptedException {
        this.bin = bin;
        Path masterKey = Files.writeString(folder.resolve("master.key"), "0f".repeat(32));
        Path bootstrap = folder.resolve("bootstrap.key");
        masterKey.toFile().setReadable(false, false);
        masterKey.toFile().setReadable(true, true);
        instagram = Program.start(bin.resolve("linktor-ig-emulator"),
                List.of("--listen", "127.0.0.1:0"));
        String graph = "http://" + instagram.ready().get("http");
        options = List.of("--data-dir", folder.resolve("data").toString(),
                "--master-key-file", masterKey.toString(), "--admin-listen", "127.0.0.1:0",
                "--graph-facebook-url", graph, "--graph-instagram-url", graph,
                "--auth", "keys", "--bootstrap-key-file", bootstrap.toString());
        start("127.0.0.1:0", "127.0.0.1:0");
        key = makeKey(Files.readString(bootstrap));
        makeChannel();
    }

    /**
     * Starts the programs. When LINKTOR_BIN_DIR does not say where they are, it skips
     * the test, or throws if LINKTOR_ALL_TESTS is set.
     */
    static Gateway start(Path folder) throws IOException, InterruptedException {
        String bin = System.getenv("LINKTOR_BIN_DIR");
        boolean named = bin != null && !bin.isEmpty();
        if (!named && System.getenv("LINKTOR_ALL_TESTS") != null) {
            throw new IllegalStateException("LINKTOR_BIN_DIR does not name a folder");
        }
        Assumptions.assumeTrue(named, "LINKTOR_BIN_DIR does not name the folder of linktor-igd");
        return new Gateway(Path.of(bin), folder);
    }

    private void start(String grpc, String webhook) throws IOException {
        List<String> arguments =
                new ArrayList<>(List.of("--grpc-listen", grpc, "--webhook-listen", webhook));
        arguments.addAll(options);
        server = Program.start(bin.resolve("linktor-igd"), arguments);
    }

    /** Stops the server and starts it at the same addresses. */
    void restart() throws IOException, InterruptedException {
        server.stop();
        start(address(), server.ready().get("webhook"));
    }

    @Override
    public void close() throws InterruptedException {
        server.stop();
        instagram.stop();
    }

    String address() {
        return server.ready().get("grpc");
    }

    String key() {
        return key;
    }

    Linktor client(String apiKey) {
        return Linktor.builder(address()).apiKey(apiKey).build();
    }

    private String makeKey(String bootstrap) {
        try (Linktor client = client(bootstrap)) {
            return client.access().createApiKey(CreateApiKeyRequest.newBuilder()
                    .setApiKey(ApiKey.newBuilder().setName("test")
                            .addPermissions(Permission.PERMISSION_READ_EVENTS)
                            .addPermissions(Permission.PERMISSION_READ_MESSAGES)
                            .addPermissions(Permission.PERMISSION_SEND)
                            .addPermissions(Permission.PERMISSION_MANAGE_CHANNELS))
                    .build()).getSecret();
        }
    }

    private void makeChannel() throws IOException, InterruptedException {
        try (Linktor client = client(key)) {
            String path = client.channels().createChannel(CreateChannelRequest.newBuilder()
                    .setChannel(Channel.newBuilder().setId(CHANNEL)
                            .setInstagramAccountId(ACCOUNT).setPageId(PAGE))
                    .setCredentials(ChannelCredentials.newBuilder().setAccessToken("access-token")
                            .addAppSecrets("app-secret").setVerifyToken("verify-token"))
                    .build()).getChannel().getWebhookPath();
            control("PUT", "config", """
                    {"webhook_url": "http://%s%s", "app_secret": "app-secret",
                     "verify_token": "verify-token", "account_id": "%s", "page_id": "%s"}"""
                    .formatted(server.ready().get("webhook"), path, ACCOUNT, PAGE));
        }
    }

    /** Calls the control API of the emulator, and returns the body of its answer. */
    String control(String method, String what, String body)
            throws IOException, InterruptedException {
        URI uri = URI.create("http://" + instagram.ready().get("http") + "/emulator/" + what);
        HttpResponse<String> answer = http.send(HttpRequest.newBuilder(uri)
                .method(method, HttpRequest.BodyPublishers.ofString(body)).build(),
                HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IOException(method + " " + what + ": " + answer.body());
        }
        return answer.body();
    }

    void customerWrites(String text) throws IOException, InterruptedException {
        control("POST", "messages",
                "{\"from\": \"%s\", \"text\": \"%s\"}".formatted(CUSTOMER, text));
    }
}
