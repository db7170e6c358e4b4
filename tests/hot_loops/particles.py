class Particle:
    def __init__(self, x, v):
        self.x = x
        self.v = v

    def step(self, dt):
        self.v -= self.x * dt
        self.x += self.v * dt


def energy(n, steps):
    total = 0.0
    particles = []
    for i in range(n):
        particles.append(Particle(i * 0.1, 0.0))
    for _ in range(steps):
        for p in particles:
            p.step(0.01)
    for p in particles:
        total += p.x * p.x + p.v * p.v
    return total


def problem():
    return 20, 500
