// How the server's allocator is set. jemalloc looks for a variable of this name
// when the process starts.

extern "C" {
extern const char* malloc_conf;
// What a burst has taken goes back to the system some seconds later, also when
// the server has nothing to do by then.
const char* malloc_conf = "background_thread:true";
}
