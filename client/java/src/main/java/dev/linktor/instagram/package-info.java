/**
 * This package is a client of the Linktor Instagram Gateway.
 *
 * <p>A {@link dev.linktor.instagram.Linktor} sends by {@code send}, which never sends
 * twice, and reads by {@code subscribe}, which goes on by itself after a broken
 * connection. Every method of the server is reachable through the generated stubs. The
 * messages of the contract are in {@code dev.linktor.instagram.v1}.
 */
package dev.linktor.instagram;
