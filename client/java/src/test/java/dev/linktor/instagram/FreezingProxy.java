package dev.linktor.instagram;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Passes bytes on until it is frozen. Connections that come after that are passed on as
 * before.
 */
final class FreezingProxy implements AutoCloseable {
    private final ServerSocket listener =
            new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final int target;
    private final List<Socket> sockets = new ArrayList<>();
    private AtomicBoolean frozen = new AtomicBoolean();

    FreezingProxy(int target) throws IOException {
        this.target = target;
        inBackground(this::acceptAll);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** Stops the connections made so far, but does not close them. */
    synchronized void freeze() {
        frozen.set(true);
        frozen = new AtomicBoolean();
    }

    @Override
    public synchronized void close() throws IOException {
        listener.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void inBackground(Work work) {
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (IOException e) {
                return; // The proxy or a side of the connection was closed.
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    private void acceptAll() throws IOException {
        while (true) {
            Socket in = listener.accept();
            Socket out = new Socket(InetAddress.getLoopbackAddress(), target);
            synchronized (this) {
                sockets.add(in);
                sockets.add(out);
                AtomicBoolean stopped = frozen;
                inBackground(() -> pass(in, out, stopped));
                inBackground(() -> pass(out, in, stopped));
            }
        }
    }

    private static void pass(Socket from, Socket to, AtomicBoolean stopped) throws IOException {
        byte[] buffer = new byte[4096];
        InputStream in = from.getInputStream();
        for (int n = in.read(buffer); n >= 0 && !stopped.get(); n = in.read(buffer)) {
            to.getOutputStream().write(buffer, 0, n);
        }
        if (!stopped.get()) {
            to.close();
        }
    }
}
