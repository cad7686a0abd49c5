// kSanitized is true in a build with a sanitizer. In such a build everything
// takes several times as long, so long tests do less there.

#pragma once

namespace linktor {

// g++ defines a macro for each of its sanitizers. clang tells them by
// __has_feature.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#elif defined(__clang__)
inline constexpr bool kSanitized =
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace linktor
