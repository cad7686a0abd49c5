// How the server's allocator is set. jemalloc looks for a variable of this name
// when the process starts.

extern "C" {
extern const char* malloc_conf;
// What a burst has taken goes back to the system some seconds later, also when
// the server has nothing to do by then.
//
// Without a threshold, memory from 8 MiB on is kept for those seconds too. The
// parser takes as much for a webhook of 1 MiB, and to fault it in again for
// each one takes half as long as to parse it. It holds for all arenas but the
// first, which jemalloc makes before it reads this.
const char* malloc_conf = "background_thread:true,oversize_threshold:0";
}
