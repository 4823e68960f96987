#include "codec.hpp"

#include <wye/links/words.hpp>

#include <cstring>

namespace wye::nng {

using links::bytes_of;
using links::free_id;
using links::last_bit;
using links::word_in;
using links::word_size;

namespace {

constexpr std::size_t max_words = 16;

bool has_envelope(role r) noexcept { return r == role::router || r == role::dealer; }

bool is_last(bytes_view word) noexcept { return (word_in(word) & last_bit) != 0; }

// Adds the request envelope that begins at frame `at`, or the id of a free message if there is none. Returns the first
// frame of the body.
result<std::size_t> read_envelope(const message& m, std::size_t at, header& to) {
  std::size_t end = at;  // one past the frame with the request id
  while (end < m.size() && m[end].size() == word_size)
    if (is_last(m[end++].bytes())) break;
  const bool envelope = end > at && is_last(m[end - 1].bytes()) && end < m.size() && m[end].empty();
  if (!envelope) {
    (void)to.add(bytes_of(free_id));
    return at;
  }
  for (std::size_t i = at; i < end; ++i)
    if (!to.add(m[i].bytes())) return errc::malformed;
  return end + 1;
}

void write_envelope(bytes_view numbers, message& to) {
  if (numbers.size() == word_size && word_in(numbers) == free_id) return;
  for (std::size_t i = 0; i < numbers.size(); i += word_size)
    to.push_back(frame::copy_of(numbers.subspan(i, word_size)));
  to.push_back(frame());
}

// The numbers up to the last one; empty if there is none.
bytes_view numbers_of(role as, bytes_view body) noexcept {
  const std::size_t most = as == role::surveyor ? 1 : max_words - 1;
  for (std::size_t n = 1; n <= most && n * word_size <= body.size(); ++n)
    if (is_last(body.subspan((n - 1) * word_size))) return body.first(n * word_size);
  return {};
}

bool has_numbers(role r) noexcept { return has_envelope(r) || r == role::surveyor || r == role::respondent; }

void cut_frames(const block& from, bytes_view body, const trailer& t, message& m) {
  if (t.lengths == nullptr) return m.push_back(from.cut(body));
  std::size_t at = 0;
  for (std::size_t i = 0; i < t.frames; at += t.length(i++)) m.push_back(from.cut(body.subspan(at, t.length(i))));
}

}  // namespace

bool header::add(bytes_view more) noexcept {
  if (more.size() > bytes_.size() - size_) return false;
  if (!more.empty()) std::memcpy(bytes_.data() + size_, more.data(), more.size());
  size_ += more.size();
  return true;
}

errc split(role as, message& m, std::size_t first, outgoing& out) {
  out.first = first;
  if (has_envelope(as)) {
    const auto body = read_envelope(m, first, out.head);
    if (!body) return body.code();
    out.first = *body;
  } else if (has_numbers(as)) {
    const bytes_view address = m[first].bytes();
    const bool whole = !address.empty() && address.size() % word_size == 0;
    if (!whole || numbers_of(as, address).size() != address.size() || !out.head.add(address)) return errc::malformed;
    ++out.first;
  }
  out.padded = out.first == m.size();
  if (out.padded) m.push_back(frame());
  return errc::ok;
}

incoming join(role as, int max_hops, const block& from, bytes_view body, message& m, std::size_t prefix) {
  bytes_view numbers;
  if (has_numbers(as)) {
    numbers = numbers_of(as, body);
    if (numbers.empty()) return {fault::malformed, {}};
    if (numbers.size() / word_size > static_cast<std::size_t>(max_hops)) return {fault::hop_limit, {}};
    body = body.subspan(numbers.size());
  }
  const auto t = read_trailer(body);
  if (!t) return {fault::malformed, {}};
  if (prefix == 0 && numbers.empty() && t->lengths == nullptr) {  // in place: the fast way
    from.cut(body, m.recycle());
    return {};
  }
  m.clear();
  if (prefix != 0) m.push_back(frame());
  if (has_envelope(as)) write_envelope(numbers, m);
  else if (!numbers.empty()) m.push_back(frame::copy_of(numbers));
  cut_frames(from, body, *t, m);
  return {fault::none, t->identity};
}

}  // namespace wye::nng
