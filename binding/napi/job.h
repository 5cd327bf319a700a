#pragma once

#include "base/result.h"
#include "napi/session.h"

#include <napi.h>

#include <functional>
#include <memory>

namespace dormouse::napi {

// Work that may wait for the machine, done on a thread of Node's pool; its promise settles on the JS thread.
class Job final : public Napi::AsyncWorker {
public:
    // `work` runs on the pool's thread and must not touch JS. `answer` makes the promise's value on the JS thread;
    // empty: undefined.
    using Work = std::function<Result<void>(machine::Machine&)>;
    using Answer = std::function<Napi::Value(Napi::Env)>;

    // Queues it and returns the promise.
    static Napi::Value queue(Napi::Env, std::shared_ptr<Session>, Work, Answer = {});

private:
    Job(Napi::Env env, std::shared_ptr<Session> session, Work work, Answer answer);
    void Execute() override; // pool thread
    void OnOK() override; // JS thread

    Napi::Promise::Deferred m_deferred;
    std::shared_ptr<Session> m_session;
    Work m_work;
    Answer m_answer;
    Result<void> m_result;
};

}
