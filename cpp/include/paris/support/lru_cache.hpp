// A cache that forgets what was used least recently.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <utility>

namespace paris {

// Values by key, in the order of their last use. How many there is room for is the owner's affair.
// A value stays at its address for as long as it is here.
template <class Key, class Value>
class LruCache {
 public:
  struct Entry {
    Key key;
    Value value;
  };

  // From now on the most recently used; null if there is none.
  Value* find(const Key& key) {
    const auto found = where_.find(key);
    if (found == where_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->value;
  }

  // For a key that is not here: the most recently used from now on.
  Value& add(const Key& key, Value value) {
    entries_.push_front({key, std::move(value)});
    where_[key] = entries_.begin();
    return entries_.front().value;
  }

  // The least recently used one leaves.
  Value take_last() {
    Value value = std::move(entries_.back().value);
    where_.erase(entries_.back().key);
    entries_.pop_back();
    return value;
  }

  void clear() {
    where_.clear();
    entries_.clear();
  }

  std::size_t size() const { return entries_.size(); }
  auto begin() { return entries_.begin(); }
  auto end() { return entries_.end(); }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

 private:
  std::list<Entry> entries_;  // front: most recently used
  std::map<Key, typename std::list<Entry>::iterator> where_;
};

}  // namespace paris
