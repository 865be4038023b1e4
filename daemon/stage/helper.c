#include "helper.h"

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>

#include "sandbox.h"

/* Of its stack: readers keep what is large elsewhere. */
#define STACK_BYTES (1 << 20)

enum state { STATE_LOCKING, STATE_IDLE, STATE_WORKING, STATE_ENDED };

struct helper {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    enum state state;
    void (*work)(void *argument);
    void *argument;
};

static void
turn(struct helper *helper, enum state state)
{
    helper->state = state;
    (void)pthread_cond_broadcast(&helper->changed);
}

/* Both with the mutex held. */
static void
wait_while(struct helper *helper, enum state state)
{
    while (helper->state == state) {
        (void)pthread_cond_wait(&helper->changed, &helper->mutex);
    }
}

static void *
live(void *argument)
{
    struct helper *helper = argument;
    struct sandbox_result result;
    bool is_locked = sandbox_enter_thread(&result, NULL) == 0;
    (void)pthread_mutex_lock(&helper->mutex);
    if (helper->state == STATE_LOCKING) {
        turn(helper, is_locked ? STATE_IDLE : STATE_ENDED);
    }
    for (wait_while(helper, STATE_IDLE); helper->state == STATE_WORKING;
         wait_while(helper, STATE_IDLE)) {
        (void)pthread_mutex_unlock(&helper->mutex);
        helper->work(helper->argument);
        (void)pthread_mutex_lock(&helper->mutex);
        turn(helper, STATE_IDLE);
    }
    (void)pthread_mutex_unlock(&helper->mutex);
    return NULL;
}

struct helper *
helper_new(void)
{
    pthread_attr_t attributes;
    struct helper *helper = calloc(1, sizeof *helper);
    if (helper == NULL || pthread_attr_init(&attributes) != 0) {
        free(helper);
        return NULL;
    }
    /* a heap of its own would take a good part of the address space that there is */
    (void)mallopt(M_ARENA_MAX, 1);
    (void)pthread_mutex_init(&helper->mutex, NULL);
    (void)pthread_cond_init(&helper->changed, NULL);
    bool is_begun = pthread_attr_setstacksize(&attributes, STACK_BYTES) == 0 &&
                    pthread_create(&helper->thread, &attributes, live, helper) == 0;
    (void)pthread_attr_destroy(&attributes);
    if (!is_begun) {
        free(helper);
        return NULL;
    }
    return helper;
}

void
helper_free(struct helper *helper)
{
    if (helper == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&helper->mutex);
    wait_while(helper, STATE_WORKING);
    turn(helper, STATE_ENDED);
    (void)pthread_mutex_unlock(&helper->mutex);
    (void)pthread_join(helper->thread, NULL);
    (void)pthread_cond_destroy(&helper->changed);
    (void)pthread_mutex_destroy(&helper->mutex);
    free(helper);
}

static bool
start(void *context, void (*work)(void *argument), void *argument)
{
    struct helper *helper = context;
    (void)pthread_mutex_lock(&helper->mutex);
    wait_while(helper, STATE_LOCKING);
    bool can = helper->state == STATE_IDLE;
    if (can) {
        helper->work = work;
        helper->argument = argument;
        turn(helper, STATE_WORKING);
    }
    (void)pthread_mutex_unlock(&helper->mutex);
    return can;
}

static void
wait_for(void *context)
{
    struct helper *helper = context;
    (void)pthread_mutex_lock(&helper->mutex);
    wait_while(helper, STATE_WORKING);
    (void)pthread_mutex_unlock(&helper->mutex);
}

struct reader_helper
helper_for(struct helper *helper, struct bundle *bundle)
{
    return (struct reader_helper){
        .bundle = bundle, .start = start, .wait = wait_for, .context = helper};
}
