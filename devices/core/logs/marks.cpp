#include "marks.hpp"

namespace wye::devices::logs {
namespace {

constexpr std::size_t word = 8;

std::string key_of(const mark_name& of) { return (of.group ? "g" : "d") + of.stream + '\0' + of.name; }

mark_name name_in(std::string_view key) {
  const auto end = key.find('\0');
  return {key.front() == 'g', std::string(key.substr(1, end - 1)), std::string(key.substr(end + 1))};
}

std::string packed(const std::vector<sequence>& numbers) {
  std::string out;
  for (const sequence n : numbers)
    for (std::size_t i = 0; i < word; ++i) out.push_back(static_cast<char>(n >> (8 * i)));
  return out;
}

std::vector<sequence> unpacked(std::string_view bytes) {
  std::vector<sequence> numbers(bytes.size() / word);
  for (std::size_t i = 0; i < numbers.size() * word; ++i)
    numbers[i / word] |= sequence{static_cast<unsigned char>(bytes[i])} << (8 * (i % word));
  return numbers;
}

}  // namespace

std::optional<mark> marks::get(const mark_name& of) const {
  const cursor* found = kept_.get(key_of(of));
  if (found == nullptr) return std::nullopt;
  return mark{unpacked(found->state), found->at};
}

result<void> marks::set(const mark_name& of, const mark& to) {
  const std::string key = key_of(of);
  if (kept_.all().size() >= most && kept_.get(key) == nullptr)
    return failure(errc::limit, "there are 65536 durable subscribers and groups already; forget some");
  return kept_.set(key, to.generation, as_bytes(packed(to.next)));
}

result<void> marks::remove(const mark_name& of) { return kept_.remove(key_of(of)); }

std::vector<mark_name> marks::of_stream(std::string_view stream) const {
  std::vector<mark_name> found;
  for (const auto& [key, at] : kept_.all())
    if (auto name = name_in(key); name.stream == stream) found.push_back(std::move(name));
  return found;
}

}  // namespace wye::devices::logs
