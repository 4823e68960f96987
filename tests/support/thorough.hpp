// thorough: whether a test can try everything. With a sanitizer all takes many times as long: then it tries a sample.
#pragma once

namespace wye::test {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WYE_TEST_SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WYE_TEST_SANITIZED
#endif

#ifdef WYE_TEST_SANITIZED
inline constexpr bool thorough = false;
#else
inline constexpr bool thorough = true;
#endif

}  // namespace wye::test
