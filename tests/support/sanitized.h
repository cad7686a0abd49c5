// kSanitized says that this is a build with a sanitizer, in which everything
// takes several times as long. Tests that are long anyway are smaller then.

#pragma once

namespace linktor {

// g++ defines macros for its sanitizers, and clang has features.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#elif defined(__clang__)
inline constexpr bool kSanitized =
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace linktor
