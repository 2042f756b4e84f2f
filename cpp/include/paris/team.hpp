// A fork-join team of threads.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "paris/types.hpp"

namespace paris {

// Runs `task(i)` for i = 0 … n_tasks − 1 on `size` threads, the calling one included. Which thread
// gets which task is left open, so a task must depend on its number alone: then the results are the
// same whatever the size. A team of one starts no thread. The first exception is thrown to the
// caller.
//
// The threads live as long as the team; keep it on the stack of one call, so that no thread
// outlives it and a later fork() of the process stays safe.
class Team {
 public:
  explicit Team(int size) {
    for (int i = 1; i < size; ++i) helpers_.emplace_back([this] { help(); });
  }

  ~Team() {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    wake_.notify_all();
    for (std::thread& helper : helpers_) helper.join();
  }

  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int size() const { return static_cast<int>(helpers_.size()) + 1; }

  template <class Task>
  void run(Index n_tasks, const Task& task) {
    if (helpers_.empty() || n_tasks <= 1) {
      for (Index i = 0; i < n_tasks; ++i) task(i);
      return;
    }
    {
      const std::lock_guard lock(mutex_);
      // Not a std::function, which would allocate.
      task_ = &task;
      call_ = [](const void* t, Index i) { (*static_cast<const Task*>(t))(i); };
      n_tasks_ = n_tasks;
      next_ = 0;
      busy_ = static_cast<int>(helpers_.size());
      failure_ = nullptr;
      ++round_;
    }
    wake_.notify_all();
    work();
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return busy_ == 0; });
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  void help() {
    std::size_t seen = 0;
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return closing_ || round_ != seen; });
        if (closing_) return;
        seen = round_;
      }
      work();
      const std::lock_guard lock(mutex_);
      if (--busy_ == 0) done_.notify_one();
    }
  }

  void work() {
    for (;;) {
      Index i = 0;
      {
        const std::lock_guard lock(mutex_);
        if (next_ >= n_tasks_) return;
        i = next_++;
      }
      try {
        call_(task_, i);
      } catch (...) {
        const std::lock_guard lock(mutex_);
        if (!failure_) failure_ = std::current_exception();
        next_ = n_tasks_;
      }
    }
  }

  std::vector<std::thread> helpers_;
  std::mutex mutex_;
  std::condition_variable wake_, done_;
  const void* task_ = nullptr;
  void (*call_)(const void*, Index) = nullptr;
  std::exception_ptr failure_;
  Index n_tasks_ = 0, next_ = 0;
  int busy_ = 0;
  std::size_t round_ = 0;
  bool closing_ = false;
};

}  // namespace paris
