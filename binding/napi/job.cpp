#include "napi/job.h"

#include "napi/errors.h"

namespace dormouse::napi {

Job::Job(Napi::Env env, std::shared_ptr<Session> session, Work work, Answer answer)
    : Napi::AsyncWorker(env, "dormouse")
    , m_deferred(Napi::Promise::Deferred::New(env))
    , m_session(std::move(session))
    , m_work(std::move(work))
    , m_answer(std::move(answer))
{
}

Napi::Value Job::queue(Napi::Env env, std::shared_ptr<Session> session, Work work, Answer answer)
{
    auto* job = new Job { env, std::move(session), std::move(work), std::move(answer) };
    Napi::Promise const promise = job->m_deferred.Promise();
    job->Queue(); // Deletes itself when it is done.
    return promise;
}

void Job::Execute()
{
    // index.js releases a session only when no job is under way, so the machine is there.
    m_result = m_work(*m_session->machine());
}

void Job::OnOK()
{
    if (!m_result.ok())
        m_deferred.Reject(to_js(Env(), m_result.error()).Value());
    else
        m_deferred.Resolve(m_answer ? m_answer(Env()) : Env().Undefined());
}

}
